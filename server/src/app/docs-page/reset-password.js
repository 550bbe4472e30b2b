// A script of a page, served as it is: nothing compiles it, so nothing knows its types.
/* oxlint-disable typescript/no-unsafe-assignment */

const form = document.getElementById('reset');
const outcome = document.getElementById('outcome');
/** What follows the # of the link; it never left the browser before now. */
const token = location.hash.slice(1);

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void save(document.getElementById('password').value);
});

async function save(password) {
  const response = await fetch(`${form.dataset.api}/customer-passwords`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, password }),
  });
  if (response.ok) {
    form.remove();
    outcome.textContent = 'The password is saved. You can sign in with it now.';
    return;
  }
  const { detail } = await response.json();
  outcome.textContent = detail;
}
