import { fateFault } from '../fates';

export const answerFalse = fateFault({
  name: 'answer-false',
  description: 'a command is carried out and answered with ERROR all the same',
  fate: () => ({ kind: 'answer false' }),
});
