import type { DataFormat, Frame, LinkId } from './frame';
import { Body } from './framer-body';
import { Header } from './framer-header';
import { Line } from './framer-line';

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const PROMPT = 0x3e;
const HEAD_LENGTH = '+WS_DATA:'.length;

const prompt: Frame = { kind: 'prompt' };

/** What the next byte is part of. */
type State = 'line' | 'header' | 'body' | 'cr' | 'lf';
