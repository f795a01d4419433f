import type { Reason } from '../error-reasons';
import type { ErrorDetails } from '../errors';

/**
 * Why the driver refuses a value: the reason, with its parameters. Each function that returns a flaw returns undefined for
 * a valid value. The modules of this folder use neither Node.js nor a class of this package: the dialogs of the nodes run
 * them in the browser.
 */
export type Flaw = ErrorDetails & { readonly reason: Reason };
