export { VirtualClock, type SharedClock } from '../../simulator/replay/virtual-clock';
