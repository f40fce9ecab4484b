/** What can go wrong, said so that one knows what to do: what was given, what is allowed. */

/** All errors of facefx. */
export class FacefxError extends Error {
  override name = "FacefxError";
}

/** A parameter is unknown, of the wrong kind, or not allowed. */
export class ParameterError extends FacefxError {
  override name = "ParameterError";
}

/** A look cannot be run as it was meant. */
export class LookError extends FacefxError {
  override name = "LookError";
}

/** A region or an effect is asked for by a name that nothing has. */
export class UnknownName extends FacefxError {
  override name = "UnknownName";
}

/** A model or its card is missing, damaged, or not what the card says. */
export class ModelError extends FacefxError {
  override name = "ModelError";
}

/** A picture without a face, for a step that needs one. */
export class NoFaceFound extends FacefxError {
  override name = "NoFaceFound";
}

/** What a message shows of a value. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = String(value);
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const KINDS: Record<string, new (message: string) => FacefxError> = {
  FacefxError,
  ParameterError,
  LookError,
  UnknownName,
  ModelError,
  NoFaceFound,
};

/** An error as it can be handed from a worker to a page. */
export interface PlainError {
  name: string;
  message: string;
}

export function asPlain(error: unknown): PlainError {
  return error instanceof Error ? { name: error.name, message: error.message } : { name: "Error", message: String(error) };
}

/** The way back. */
export function fromPlain({ name, message }: PlainError): Error {
  const Kind = KINDS[name];
  return Kind ? new Kind(message) : new Error(message);
}
