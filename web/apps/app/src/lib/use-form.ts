/**
 * Small forms: text fields, a zod/mini schema, errors beside the fields, the first one focused.
 * Checked when sent, then again while a wrong field is being mended; the server's verdicts join in
 * through `applyServerErrors`. Written here because the usual library alone would take a tenth of the
 * first route's budget. What isn't typed (a choice, a list) is text as well and arrives through `set`.
 * Deliberately absent: nested fields and arrays.
 */
import { useRef, useState, type ChangeEvent, type FormEvent } from "react";
import type { ZodMiniType } from "zod/mini";

type Values = Record<string, string>;
type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
type Errors<T> = Partial<Record<keyof T & string, string>>;

export interface Form<T extends Values> {
  /** For the `form` element. */
  props: { onSubmit: (event: FormEvent) => void; noValidate: true };
  /** For the control of a field. */
  field: (name: keyof T & string) => {
    name: string;
    value: string;
    onChange: (event: ChangeEvent<Control>) => void;
    ref: (element: Control | null) => void;
  };
  values: T;
  /** For controls that don't type, such as a row of buttons. */
  set: (name: keyof T & string, value: string) => void;
  errors: Errors<T>;
  pending: boolean;
  dirty: boolean;
  /** Shows an error that only the server could find. */
  setError: (name: keyof T & string, message: string) => void;
  has: (name: string) => name is keyof T & string;
  focus: (name: keyof T & string) => void;
  reset: (values: T) => void;
}

export interface FormOptions<T extends Values> {
  schema: ZodMiniType<T>;
  initial: T;
  /** Gets the checked values. What it throws is its own to show. */
  onSubmit: (values: T) => Promise<void>;
}

/** First message per field of what a schema finds wrong; null when all is well. */
export function findErrors<T extends Values>(schema: ZodMiniType<T>, values: T): Errors<T> | null {
  const result = schema.safeParse(values);
  if (result.success) return null;
  const errors: Errors<T> = {};
  for (const issue of result.error.issues) {
    const name = String(issue.path[0]) as keyof T & string;
    errors[name] ??= issue.message;
  }
  return errors;
}

export function useForm<T extends Values>({ schema, initial, onSubmit }: FormOptions<T>): Form<T> {
  const [start, setStart] = useState(initial);
  const [values, setValues] = useState(initial);
  const [errors, setErrors] = useState<Errors<T>>({});
  const [pending, setPending] = useState(false);
  const controls = useRef(new Map<string, Control>());
  const names = Object.keys(initial) as (keyof T & string)[];

  const change = (name: keyof T & string, value: string) => {
    const next = { ...values, [name]: value };
    setValues(next);
    if (!errors[name]) return;
    const { [name]: _mended, ...others } = errors;
    const message = findErrors(schema, next)?.[name];
    setErrors(message ? { ...errors, [name]: message } : (others as Errors<T>));
  };

  return {
    values,
    set: change,
    errors,
    pending,
    dirty: names.some((name) => values[name] !== start[name]),
    field: (name) => ({
      name,
      value: values[name] ?? "",
      onChange: (event) => change(name, event.target.value),
      ref: (element) => {
        if (element) controls.current.set(name, element);
        else controls.current.delete(name);
      },
    }),
    has: (name): name is keyof T & string => name in initial,
    focus: (name) => {
      const control = controls.current.get(name);
      control?.focus();
      if (control && "select" in control) control.select();
    },
    setError: (name, message) => setErrors((known) => ({ ...known, [name]: message })),
    reset: (next) => {
      setStart(next);
      setValues(next);
      setErrors({});
    },
    props: {
      noValidate: true,
      onSubmit: (event) => {
        event.preventDefault();
        if (pending) return;
        const found = findErrors(schema, values);
        setErrors(found ?? {});
        if (found) {
          const first = names.find((name) => found[name]);
          if (first) controls.current.get(first)?.focus();
          return;
        }
        setPending(true);
        void onSubmit(schema.parse(values)).finally(() => setPending(false));
      },
    },
  };
}
