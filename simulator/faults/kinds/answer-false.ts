import { outcomeFault } from '../outcomes';

export const answerFalse = outcomeFault({
  name: 'answer-false',
  description: 'a command is carried out and answered with ERROR all the same',
  outcome: () => ({ kind: 'answer false' }),
});
