/** A file to be downloaded, piece by piece. `name` is plain ASCII without quotes. */
export type FileContent = {
  readonly name: string;
  readonly contentType: string;
  /** Its length, in decimal digits, where it is known before it is made. */
  readonly bytes?: string;
  readonly pieces: AsyncGenerator<Uint8Array, void>;
};

/** Nothing is read before the client takes it, and nothing more once it is gone. */
export function fileResponse({ name, contentType, bytes, pieces }: FileContent): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await pieces.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: {
      'content-type': contentType,
      ...(bytes === undefined ? {} : { 'content-length': bytes }),
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    },
  });
}
