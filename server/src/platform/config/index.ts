export { describeConfig, loadConfig, type Config, type ConfigInput, type ConfigOverrides } from './config.ts';
export { otherVariables, settingNames, settings, type Setting, type SettingName, type Settings } from './settings.ts';
export { settingsMarkdown } from './settings-markdown.ts';
