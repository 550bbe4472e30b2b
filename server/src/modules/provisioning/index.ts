export { readAnswer, signWebhook, type ProvisioningRequest } from './provisioning.ts';
export { provisioningService, type ProvisioningService } from './service.ts';
