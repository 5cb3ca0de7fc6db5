import type { QueueObject } from './queue-object.ts';

export interface Env {
  QUEUE_OBJECT: DurableObjectNamespace<QueueObject>;
  /** What callers of the REST API must bear. */
  API_TOKEN: string;
}

/** The one object that holds every queue. */
export function queueObject(env: Env): DurableObjectStub<QueueObject> {
  return env.QUEUE_OBJECT.getByName('queues');
}
