import { fateFault } from '../fates';

export const answerLost = fateFault({
  name: 'answer-lost',
  description: 'a command is carried out, its answer never comes',
  fate: () => ({ kind: 'answer lost' }),
});
