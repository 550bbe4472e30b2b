export { readAnswer, signWebhook, type ProvisioningRequest } from './provisioning.ts';
export { provisioningService, type ProvisioningService } from './service.ts';
export { bindProvisioning } from './routes.ts';
