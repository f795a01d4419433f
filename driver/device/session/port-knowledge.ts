import { RateLimit } from '../baud-rate/rate-limit';

/**
 * What the sessions on a port have found out, until the device uses another port. {@link PortMemory} holds what the next
 * device on the port gets to know.
 */
export class PortKnowledge {
  /**
   * False once the negotiated rate has failed: the driver does not try it again, because a device that becomes
   * unresponsive at it needs a power cycle.
   */
  negotiatedRateWorks = true;
  /** How many times as long as usual a response may take, because the port delays it. */
  slowness = 1;
  /** Whether the driver has set the device's flow control by the options. */
  flowControlSet = false;
  readonly rateLimit = new RateLimit();
}
