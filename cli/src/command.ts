import type { Client } from '@tierline/client';
import type { ExitCode } from './exit.ts';
import { CommandError } from './failure.ts';
import type { Connection } from './connection.ts';
import type { Io } from './io.ts';
import type { Show } from './show.ts';

/** One command, as its file describes it; the program, its help and the reference are made from these. */
export type CommandSpec = {
  readonly name: string;
  readonly summary: string;
  /** More than the summary says; paragraphs. */
  readonly description?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Without the program's name. */
  readonly examples?: readonly string[];
  run(tools: Tools, given: Given): Promise<ExitCode | void>;
};

/** Commands about one noun. */
export type GroupSpec = {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandSpec[];
};

export type ArgumentSpec = { readonly name: string; readonly describe: string };

export type OptionSpec = {
  /** In the form of commander: `--kind <kind>`, `--demo`, `--line <line...>`. */
  readonly flags: string;
  readonly describe: string;
  readonly choices?: readonly string[];
  readonly fallback?: string;
  readonly isNeeded?: true;
};

/** What a command works with. */
export type Tools = {
  readonly io: Io;
  readonly show: Show;
  /** Where the server is and who we are there; throws a usage error that says how to name one. */
  connection(): Connection;
  client(): Client;
};

/** What was given on the command line. Names are those of the long flags. */
export class Given {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #arguments: readonly unknown[];

  constructor(values: Readonly<Record<string, unknown>>, given: readonly unknown[]) {
    this.#values = values;
    this.#arguments = given;
  }

  argument(index: number): string {
    const value = this.#arguments[index];
    if (typeof value !== 'string') throw new CommandError('usage', `Argument ${index + 1} is missing.`);
    return value;
  }

  text(name: string): string | undefined {
    const value = this.#values[camelCase(name)];
    return typeof value === 'string' ? value : undefined;
  }

  needed(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new CommandError('usage', `The option --${name} is missing.`);
    return value;
  }

  flag(name: string): boolean {
    return this.#values[camelCase(name)] === true;
  }

  many(name: string): string[] {
    const value = this.#values[camelCase(name)];
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  }

  /** A whole number of at least `min`. */
  whole(name: string, min: number): number {
    const text = this.needed(name);
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (value < min) throw new CommandError('usage', `--${name} takes a whole number from ${min}.`);
    return value;
  }

  /** One of the words that the server knows for it. commander has checked those of options with choices. */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw new CommandError('usage', `--${name} is one of: ${words.join(', ')}.`);
    return word;
  }
}

function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
