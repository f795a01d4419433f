import { promises as fs } from 'node:fs';
import { join } from 'node:path';

/** A serial port of this machine. */
export interface PortInfo {
  /** The best address: on Linux the name under `/dev/serial/by-id`, which replugging does not change. */
  readonly path: string;
  /** The operating system's name, which may change: `/dev/ttyUSB0`, `COM3`. */
  readonly device: string;
  /** Manufacturer, as the adapter says. */
  readonly manufacturer?: string;
  /** Product, as the adapter says. */
  readonly product?: string;
  /** Serial number of the adapter. */
  readonly serialNumber?: string;
  /** USB vendor identifier, four hexadecimal digits. */
  readonly vendorId?: string;
  /** USB product identifier, four hexadecimal digits. */
  readonly productId?: string;
  /** Whether a program holds the port; absent where that is unknown. */
  readonly inUse?: boolean;
}

/** Names of serial ports on Linux, by driver. */
const SERIAL_NAME = /^(tty(S|USB|ACM|AMA|O|SC|WCH|MFD|XRUSB|mxc|THS|HS|LP)\d+|rfcomm\d+)$/;
/** Directory levels to search above a port for its USB device. */
const USB_LEVELS = 4;

/**
 * Lists the serial ports of this machine. Never rejects; omits unknown properties. On Linux it needs no `udevadm` and
 * opens no port, which would restart development boards.
 * @param root directory of `/dev`, `/sys` and `/proc`
 */
export function listPorts(platform = process.platform, root = '/'): Promise<PortInfo[]> {
  return platform === 'linux' ? listLinux(root) : listOthers();
}

async function listLinux(root: string): Promise<PortInfo[]> {
  const names = (await entries(join(root, 'dev'))).filter((name) => SERIAL_NAME.test(name));
  const present: string[] = [];
  for (const name of names) if (await isPresent(root, name)) present.push(name);
  if (present.length === 0) return [];
  const [links, held] = await Promise.all([namesById(root), heldBy(root)]);
  const ports = present.map(async (name): Promise<PortInfo> => {
    const device = `/dev/${name}`;
    return {
      path: links.get(device) ?? device,
      device,
      ...(await usbIdentity(root, name)),
      ...held(device),
    };
  });
  const order = new Intl.Collator('en', { numeric: true });
  // USB adapters first: built-in ports seldom have a board on them.
  return (await Promise.all(ports)).sort(
    (a, b) =>
      Number(b.vendorId !== undefined) - Number(a.vendorId !== undefined) ||
      order.compare(a.path, b.path),
  );
}

/** Whether the UART exists: PCs name many ports that they lack, with UART type 0. */
async function isPresent(root: string, name: string): Promise<boolean> {
  return (
    !name.startsWith('ttyS') || (await content(join(root, 'sys/class/tty', name, 'type'))) !== '0'
  );
}

/** Returns the stable names, by device. */
async function namesById(root: string): Promise<ReadonlyMap<string, string>> {
  const folder = '/dev/serial/by-id';
  const links = new Map<string, string>();
  for (const name of await entries(join(root, folder))) {
    // The user may have unplugged it meanwhile.
    const target = await fs.readlink(join(root, folder, name)).catch(() => undefined);
    if (target !== undefined) links.set(join(folder, target), join(folder, name));
  }
  return links;
}

/** Reads the properties of the USB device, above the port in sysfs. */
async function usbIdentity(root: string, name: string): Promise<Partial<PortInfo>> {
  let folder = await fs.realpath(join(root, 'sys/class/tty', name, 'device')).catch(() => '');
  for (let level = 0; folder !== '' && level < USB_LEVELS; level++, folder = join(folder, '..')) {
    const vendorId = await content(join(folder, 'idVendor'));
    if (vendorId === undefined) continue;
    const [productId, manufacturer, product, serialNumber] = await Promise.all(
      ['idProduct', 'manufacturer', 'product', 'serial'].map((each) => content(join(folder, each))),
    );
    return definedOf({ vendorId, productId, manufacturer, product, serialNumber });
  }
  return {};
}

/** Searches the open files of all processes, and returns a lookup by device. Files of other users' processes are hidden. */
async function heldBy(root: string): Promise<(device: string) => { readonly inUse?: boolean }> {
  const held = new Set<string>();
  const processes = (await entries(join(root, 'proc'))).filter((name) => /^\d+$/.test(name));
  // Process 1 always runs: without it there is no /proc, or one that hides other users (hidepid=2).
  let hidden = !processes.includes('1');
  for (const process of processes) {
    const folder = join(root, 'proc', process, 'fd');
    try {
      for (const file of await fs.readdir(folder)) {
        const target = await fs.readlink(join(folder, file)).catch(() => '');
        if (target.startsWith('/dev/')) held.add(target);
      }
    } catch (error) {
      hidden ||= !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
    }
  }
  return (device) => (held.has(device) ? { inUse: true } : hidden ? {} : { inUse: false });
}

async function listOthers(): Promise<PortInfo[]> {
  try {
    const { SerialPort } = await import('serialport');
    const found = await SerialPort.list();
    return found.map(({ path, manufacturer, serialNumber, vendorId, productId }) => ({
      path,
      device: path,
      ...definedOf({ manufacturer, serialNumber, vendorId, productId }),
    }));
  } catch {
    return [];
  }
}

function definedOf(identity: Readonly<Record<string, string | undefined>>): Partial<PortInfo> {
  return Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));
}

function entries(folder: string): Promise<string[]> {
  return fs.readdir(folder).catch(() => []);
}

async function content(file: string): Promise<string | undefined> {
  const text = await fs.readFile(file, 'utf8').catch(() => '');
  return text.trim() || undefined;
}
