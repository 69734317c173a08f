import { QueryErrorResetBoundary } from "@tanstack/react-query";
import { Component, type ReactNode } from "react";
import { PageError } from "./error-pages";

interface State {
  failure: { error: unknown } | null;
}

/** Shows a page with a way to try again where its children failed to render or to load. */
export function ErrorBoundary({ children }: { children: ReactNode }) {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => <Boundary onReset={reset}>{children}</Boundary>}
    </QueryErrorResetBoundary>
  );
}

class Boundary extends Component<{ onReset: () => void; children: ReactNode }, State> {
  override state: State = { failure: null };

  static getDerivedStateFromError(error: unknown): State {
    return { failure: { error } };
  }

  override render() {
    const { failure } = this.state;
    if (!failure) return this.props.children;
    const retry = () => {
      this.props.onReset();
      this.setState({ failure: null });
    };
    return <PageError error={failure.error} onRetry={retry} />;
  }
}
