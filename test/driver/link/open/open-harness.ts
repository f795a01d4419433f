import type { HarnessOptions } from '../../../harness/harness';
import { openHarness } from '../../../harness/ready-harness';
import { testWith } from '../../../harness/test-with';

export const [one, two, three] = ['ws://host/one', 'ws://host/two', 'ws://host/three'] as const;

/** A harness whose first link is open to {@link one}. */
export const openToOne = (options: HarnessOptions = {}) => openHarness(options, { uri: one });

export const test = testWith(openToOne);
