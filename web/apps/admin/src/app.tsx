/**
 * The administration of the platform: every tenant, every user. At `/admin`, for its administrators; and
 * `/setup`, which makes the first one.
 */
import { lazy, Suspense } from "react";
import { needWords } from "@parlance/i18n";
import { Redirect, Route, Router, Switch } from "wouter";
import { ErrorBoundary } from "@/features/shell/error-boundary";
import { AdminGate } from "./features/shell/gate";
import { Missing } from "./features/shell/missing";
import { Shell } from "./features/shell/shell";
import { Toasts } from "./features/shell/toasts";

const SetupPage = lazy(() => import("./features/setup/setup-page"));
const WorkspacesPage = lazy(() => import("./features/workspaces/workspaces-page"));
const WorkspacePage = lazy(() => import("./features/workspaces/workspace-page"));
const UsersPage = lazy(() => import("./features/users/users-page"));
const UserPage = lazy(() => import("./features/users/user-page"));
// Its entries speak as they do in a workspace's own log.
const AuditPage = lazy(async () => {
  const [page] = await Promise.all([import("./features/audit/audit-page"), needWords("settings")]);
  return page;
});

export function App() {
  return (
    <>
      <ErrorBoundary>
        {location.pathname === "/setup" ? (
          <Suspense fallback={null}>
            <SetupPage />
          </Suspense>
        ) : (
          <AdminGate>
            <Router base="/admin">
              <Shell>
                <Suspense fallback={null}>
                  <Switch>
                    <Route path="/">
                      <Redirect to="/workspaces" replace />
                    </Route>
                    <Route path="/workspaces" component={WorkspacesPage} />
                    <Route path="/workspaces/:id">
                      {({ id }) => <WorkspacePage key={id} id={id} />}
                    </Route>
                    <Route path="/users" component={UsersPage} />
                    <Route path="/users/:id">{({ id }) => <UserPage key={id} id={id} />}</Route>
                    <Route path="/audit" component={AuditPage} />
                    <Route component={Missing} />
                  </Switch>
                </Suspense>
              </Shell>
            </Router>
          </AdminGate>
        )}
      </ErrorBoundary>
      <Toasts />
    </>
  );
}
