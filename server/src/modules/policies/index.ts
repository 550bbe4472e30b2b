export * from './policy.ts';
export { presetNames, type PresetName } from './presets.ts';
