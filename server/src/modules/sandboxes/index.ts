export { bindSandboxes } from './routes.ts';
export type { AdvanceWanted, Sandbox, SandboxStatus } from './sandbox.ts';
export {
  sandboxesService,
  type ClockDomain,
  type CreatedSandbox,
  type DueWorker,
  type NewSandbox,
  type SandboxesService,
} from './service.ts';
