import type { Harness } from '../../../harness/harness';

/** Calls `act` each time that the driver has set a rate of its port, from the next opening of the port on. */
export function onRateSet({ port }: Harness, act: () => void): void {
  const open = port.open.bind(port);
  port.open = async (handlers) => {
    const opened = await open(handlers);
    const setRate = async (rate: number) => {
      await opened.setRate?.(rate);
      act();
    };
    return { ...opened, setRate };
  };
}
