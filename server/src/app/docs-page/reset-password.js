// A script of a page, served as it is: nothing compiles it, so nothing knows its types.
/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-return */

const form = document.getElementById('reset');
const outcome = document.getElementById('outcome');
/** What follows the # of the link; it never left the browser before now. */
const token = location.hash.slice(1);

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { value: password } = document.getElementById('password');
  const response = await fetch(`${form.dataset.api}/customer-passwords`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, password }),
  });
  if (response.ok) {
    form.remove();
    outcome.textContent = 'The password is saved. You can sign in with it now.';
  } else {
    const { detail } = await response.json();
    outcome.textContent = detail;
  }
});
