import { outcomeFault } from '../outcomes';

export const answerLost = outcomeFault({
  name: 'answer-lost',
  description: 'a command is carried out, its answer never comes',
  outcome: () => ({ kind: 'answer lost' }),
});
