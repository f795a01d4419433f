import { wholeSetting, type Check } from './refusal';

export { sentence } from '../errors/sentence';

export const checks = {
  poll: wholeSetting('INVALID_CONFIG', 'pollSeconds', 0, 86_400),
} satisfies Readonly<Record<string, Check>>;
