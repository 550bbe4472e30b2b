export {
  apiBinder,
  created,
  given,
  noContent,
  ok,
  type ApiCaller,
  type ApiCause,
  type Bind,
  type BinderOptions,
  type Call,
  type Reply,
} from './bind.ts';
export {
  checkMediaType,
  readBody,
  readForm,
  readJson,
  streamBody,
  type BodyContext,
  type BodyOptions,
} from './body.ts';
export { afterId, decodeCursor, encodeCursor, pageById, pageOf } from './cursor.ts';
export { requestLog, type Exchange, type HttpEnv } from './exchange.ts';
export { fileResponse, type FileContent } from './file.ts';
export { createHealth, type Health, type HealthCheck, type HealthReport } from './health.ts';
export { parseJsonBody } from './json.ts';
export { problemContentType, problemResponse, statusOf, toTierlineError } from './problem.ts';
export { checkQuery, checkTarget } from './query.ts';
export { recordLines, streamedText } from './record-stream.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions, type ListeningAddress } from './server.ts';
export type { Surface } from './surface.ts';
