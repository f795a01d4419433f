// `npm test` runs this file instead of the test files beside it, one by one.
import { runAll } from './all';

runAll('4');
