/** Runs that are stopped on their way. */
import { expect } from 'vitest';

interface Told {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: never) => void;
}
type EventOf<Options extends Told> = Parameters<NonNullable<Options['onEvent']>>[0];

/** Whether an event is the end of this update. */
export function ofStep(step: number) {
  return (event: { readonly type: string; readonly step?: number }): boolean =>
    event.type === 'step' && event.step === step;
}

/** Trains until an event, then asks it to stop, as Ctrl-C does; gives the error that it ends with. */
export async function stopAt<Options extends Told>(
  begin: (options: Options) => Promise<unknown>,
  options: NoInfer<Options>,
  isThere: (event: EventOf<Options>) => boolean,
): Promise<Error> {
  const controller = new AbortController();
  const onEvent = (event: EventOf<Options>): void => {
    if (isThere(event)) controller.abort();
  };
  return begin({ ...options, signal: controller.signal, onEvent }).then(
    () => expect.fail('it was not stopped'),
    (error: unknown) => error as Error,
  );
}
