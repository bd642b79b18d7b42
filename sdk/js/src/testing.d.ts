// Tests of adapters, for editors and type checkers.

import type { AdapterClass } from "./index.js";

export interface Sent {
  endpoint: string;
  method: string;
  path: string;
  query: [string, string][];
  headers: [string, string][];
  body: Uint8Array | null;
  timeoutMs: number | null;
}

export interface Reply {
  tag: "ok" | "err";
  val: unknown;
}

/** The scripted surroundings of an adapter. The one that was made last counts. */
export class Backend {
  /** All requests so far, in the order sent. */
  readonly requests: Sent[];
  /** The session as it is now. */
  session: Record<string, string>;
  readonly lines: { level: string; message: string; fields: Record<string, string> }[];
  settings(settings: object): this;
  map(name: string, entries: Record<string, string>): this;
  reply(reply: Reply): this;
  /** The adapter, configured. Its methods take the same arguments without the context and answer what the host would get. */
  load(Adapter: AdapterClass, context?: object): Record<string, (...args: any[]) => any>;
}

export function json(status: number, value: unknown, headers?: Record<string, string>): Reply;
export function body(status: number, text: string, headers?: Record<string, string>): Reply;
export function lost(code: string, message: string): Reply;
