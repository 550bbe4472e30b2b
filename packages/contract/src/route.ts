import type { z } from '@hono/zod-openapi';
import type { CastMember } from './cast.ts';

/** A request of an example, as its sender writes it, with ids of the cast. Its answer is recorded from a running engine. */
export type Example = {
  /** Who sends it; `nobody` sends no credentials. */
  readonly as: CastMember;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: 200 | 201 | 204;
};

/** One operation of our API: everything that server, client, documentation and tests need to know of it. */
export type Route = {
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below the base of the API, with parameters in braces. */
  readonly path: `/${string}`;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The operation of the permission table; null: whoever is signed in. Checked before anything else is looked at. */
  readonly permission: string | null;
  /** Needs no credentials at all. */
  readonly isPublic?: true;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The bodies of success by status; null: none. Refusals have one form, `problem`. */
  readonly answers: Readonly<Partial<Record<200 | 201 | 204, z.ZodType | null>>>;
  /** The answer carries an ETag; a PATCH takes it back in If-Match. */
  readonly hasVersion?: true;
  /** Takes back the ETag of the thing that it is about in If-Match, as every PATCH does. */
  readonly takesVersion?: true;
  /** A write that takes no Idempotency-Key. */
  readonly isNotRepeatable?: true;
  /** Media types of bodies that are files and streams, where they are not JSON. */
  readonly streams?: { readonly request?: readonly string[]; readonly answer: readonly string[] };
  readonly examples: readonly [Example, ...Example[]];
};

/** Describes an operation and keeps the exact types of its schemas. */
export const route = <const Description extends Route>(description: Description): Description => description;

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type InputOf<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;
type Part<R, Name extends string> = Name extends keyof R ? R[Name] : undefined;

/** What a handler is given; undefined where the operation has no such part. */
export type ParamsOf<R extends Route> = OutputOf<Part<R, 'params'>>;
export type QueryOf<R extends Route> = OutputOf<Part<R, 'query'>>;
export type BodyOf<R extends Route> = OutputOf<Part<R, 'body'>>;

/** What a caller writes. */
export type RequestOf<R extends Route> = (Part<R, 'params'> extends undefined
  ? { readonly params?: never }
  : { readonly params: InputOf<Part<R, 'params'>> }) &
  (Part<R, 'query'> extends undefined ? { readonly query?: never } : { readonly query?: InputOf<Part<R, 'query'>> }) &
  (Part<R, 'body'> extends undefined ? { readonly body?: never } : { readonly body: InputOf<Part<R, 'body'>> });

/** The body of a success, of one status or of any. */
export type AnswerOf<R extends Route, Status extends keyof R['answers'] = keyof R['answers']> = InputOf<
  R['answers'][Status]
>;
