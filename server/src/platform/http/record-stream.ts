const chunkChars = 16 * 1024;

/** The records as lines, several small ones in one piece; an error in between becomes the last line. */
export async function* recordLines<Record extends { readonly type: string }>(
  first: IteratorResult<Record, void>,
  rest: AsyncGenerator<Record, void>,
  fail: (error: unknown) => Record,
): AsyncGenerator<string, void> {
  let text = '';
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      text += line(next.value);
      // Progress is for whoever watches, so it goes at once.
      if (next.value.type !== 'progress' && text.length < chunkChars) continue;
      yield text;
      text = '';
    }
  } catch (error) {
    text += line(fail(error));
  } finally {
    await rest.return();
  }
  if (text !== '') yield text;
}

function line(record: unknown): string {
  return `${JSON.stringify(record)}\n`;
}

/** How long a client may read nothing: what is streamed holds a connection to the database meanwhile. */
const stalledMs = 60_000;

/** Text that is sent as it is made; nothing is made before the client takes it. */
export function streamedText(pieces: AsyncGenerator<string, void>, contentType: string): Response {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(timer);
      const next = await pieces.next();
      if (next.done === true) return controller.close();
      controller.enqueue(encoder.encode(next.value));
      timer = setTimeout(() => {
        controller.error(new Error('The client reads nothing.'));
        void pieces.return();
      }, stalledMs);
      timer.unref();
    },
    async cancel() {
      clearTimeout(timer);
      await pieces.return();
    },
  });
  return new Response(body, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } });
}
