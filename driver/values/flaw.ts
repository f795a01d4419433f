import type { Reason } from '../error-reasons';
import type { ErrorDetails } from '../errors';

/**
 * Why a value is refused: the reason, with its parameters. The modules of this folder are pure, and need neither
 * Node.js nor a class of this package: the dialogs of the nodes run them in the browser.
 */
export type Flaw = ErrorDetails & { readonly reason: Reason };

/** Details of an error whose value may be a key of the names in `error-reasons.ts`. */
export const namingDetails = ['setting', 'material', 'state'] as const;
