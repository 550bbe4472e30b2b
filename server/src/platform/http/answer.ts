import { ServerResponse, type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';

type Head = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * Node's response, with one header that every answer of a surface has, whoever makes the answer. Set with `setHeader`, a
 * single header would make Node check and copy all the others one by one; added to those that are written, it costs nothing.
 */
export class Answer<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  private extraName: string | undefined;
  private extraValue = '';

  addHeader(name: string, value: string): void {
    this.extraName = name;
    this.extraValue = value;
  }

  override writeHead(statusCode: number, statusMessage?: string, headers?: Head): this;
  override writeHead(statusCode: number, headers?: Head): this;
  override writeHead(statusCode: number, second?: string | Head, third?: Head): this {
    const headers = typeof second === 'object' ? second : third;
    const message = typeof second === 'string' ? second : undefined;
    if (this.extraName === undefined) return this.finishHead(statusCode, message, headers);
    if (Array.isArray(headers))
      return this.finishHead(statusCode, message, [...headers, this.extraName, this.extraValue]);
    return this.finishHead(statusCode, message, { ...headers, [this.extraName]: this.extraValue });
  }

  private finishHead(statusCode: number, message: string | undefined, headers: Head | undefined): this {
    return message === undefined ? super.writeHead(statusCode, headers) : super.writeHead(statusCode, message, headers);
  }
}

/** Whether it is one of ours: this server makes no others, but the framework's types allow for them. */
export function isAnswer(outgoing: unknown): outgoing is Answer {
  return outgoing instanceof Answer;
}
