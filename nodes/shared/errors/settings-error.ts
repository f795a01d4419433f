import { EspAtError } from '../../../driver/errors';
import { isFlowError, type FlowError } from './node-error';

/** An error without a code that stopped a device from being made comes from its settings. */
export function asSettingsError(error: unknown): FlowError {
  if (isFlowError(error)) return error;
  const said = error instanceof Error ? error.message : String(error);
  const details = { setting: 'port', reason: 'NOT_USABLE', said };
  return new EspAtError('INVALID_SETTING', details, { cause: error });
}
