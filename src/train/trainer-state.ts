/** `trainer_state.json` as Hugging Face's Trainer writes it; its `TrainerState.load_from_json` reads ours. */

/** An entry of `log_history`: of training, of evaluation, or the last one with the totals. */
export type LogEntry = Readonly<Record<string, number>>;

export interface TrainerStateInput {
  readonly epoch: number;
  readonly globalStep: number;
  readonly maxSteps: number;
  readonly epochs: number;
  readonly loggingSteps: number;
  readonly batchSize: number;
  readonly tokensSeen: number;
  readonly logHistory: readonly LogEntry[];
  /** Updates between two evaluations; `undefined` where there is only the last one. */
  readonly evalSteps?: number | undefined;
  readonly best?: { readonly step: number; readonly value: number } | undefined;
}

export function trainerState(state: TrainerStateInput): Record<string, unknown> {
  return {
    best_global_step: state.best?.step ?? null,
    best_metric: state.best?.value ?? null,
    best_model_checkpoint: null,
    epoch: state.epoch,
    eval_steps: state.evalSteps ?? state.maxSteps,
    global_step: state.globalStep,
    is_hyper_param_search: false,
    is_local_process_zero: true,
    is_world_process_zero: true,
    log_history: state.logHistory,
    logging_steps: state.loggingSteps,
    max_steps: state.maxSteps,
    num_input_tokens_seen: state.tokensSeen,
    num_train_epochs: Math.ceil(state.epochs),
    save_steps: state.maxSteps,
    stateful_callbacks: {},
    total_flos: 0,
    train_batch_size: state.batchSize,
    trial_name: null,
    trial_params: null,
  };
}
