/** The server as a library: what the command line and tests start. Everything is wired by hand in `app/`. */
export { buildEngine, type Engine } from './app/engine.ts';
export { createRoot, initialize, type NewRoot, type RootAccess } from './app/init.ts';
export { migrateOnly } from './app/migrate-only.ts';
export { start, type Running, type StartOptions } from './app/start.ts';
export { welcome } from './app/welcome.ts';
