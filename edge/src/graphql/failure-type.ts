import { builder } from './builder.ts';

export const failure = builder.objectRef<{ code: string; message: string }>('Failure').implement({
  description: 'Why a job or a task failed.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A stable word.' }),
    message: t.exposeString('message', { description: 'For people.' }),
  }),
});
