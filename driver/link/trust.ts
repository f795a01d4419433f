import type { LinkId } from '../at/types';
import type { Capabilities } from '../device/options';
import { EspAtError } from '../errors';
import type { OpenOptions } from './options';
import { isEncrypted, verifiesServer } from './open-sequence';

/** Says of an encrypted link that nobody checks who its server is; once, however often the link is opened. */
export class TrustWarning {
  readonly #link: LinkId;
  readonly #warn: (error: EspAtError) => void;
  #warnedOf = '';

  constructor(link: LinkId, warn: (error: EspAtError) => void) {
    this.#link = link;
    this.#warn = warn;
  }

  opened(options: OpenOptions, { authentication }: Capabilities): void {
    if (!isEncrypted(options.uri) || verifiesServer(options)) return;
    const reason = authentication
      ? 'authentication 0 and 1 verify nothing'
      : 'this firmware never verifies servers';
    if (this.#warnedOf === reason) return;
    this.#warnedOf = reason;
    this.#warn(new EspAtError('SERVER_NOT_VERIFIED', { link: this.#link, reason }));
  }
}
