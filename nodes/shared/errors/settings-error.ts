import { EspAtError } from '../../../driver/errors';
import { messageOf } from '../../../driver/message-of';
import { isFlowError, type FlowError } from './node-error';

/** An error without a code that stopped a device from being made comes from its settings. */
export function asSettingsError(error: unknown): FlowError {
  if (isFlowError(error)) return error;
  const details = { setting: 'port', reason: 'NOT_USABLE', said: messageOf(error) };
  return new EspAtError('INVALID_SETTING', details, { cause: error });
}
