export { bindUsage, bindUsageFiles } from './routes.ts';
export { usageService, type UsageService } from './service.ts';
export type { PlacedReading, Reading } from './usage.ts';
