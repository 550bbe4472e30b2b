/** One exchange outside of the load, for a request in the load's own form: what the server answered, without what is the connection's. */
export async function fetched(
  port: number,
  request: string,
): Promise<{ headers: Record<string, string>; body: Buffer }> {
  const [head = ''] = request.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => line.split(': ') as [string, string]).filter(([name]) => name !== 'Host'),
  );
  const response = await fetch(`http://127.0.0.1:${port}${first.split(' ')[1]!}`, { headers });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  const answered = Object.fromEntries(response.headers);
  for (const name of ['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']) delete answered[name];
  return { headers: answered, body: Buffer.from(await response.arrayBuffer()) };
}
