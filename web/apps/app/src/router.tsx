/**
 * The routes. Pages are loaded when visited; only the shell and the chat are near the start.
 * Signed-in routes renew the session from its cookie first and lead to the login page without one.
 */
import { ensureSession, getSession, hasSessionHint } from "@parlance/api";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { applyProfile } from "@/features/appearance/preferences";
import { safeNext } from "@/features/session/next.logic";
import { NotFoundPage, RouteError } from "@/features/shell/error-pages";
import { Root } from "@/features/shell/root";
import { ShellSkeleton } from "@/features/shell/shell-skeleton";

const rootRoute = createRootRoute({ component: Root, notFoundComponent: NotFoundPage });

interface AuthSearch {
  next?: string;
  reason?: "expired";
}

const authRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "auth",
  validateSearch: (search: Record<string, unknown>): AuthSearch => ({
    ...(typeof search.next === "string" ? { next: safeNext(search.next) } : {}),
    ...(search.reason === "expired" ? { reason: "expired" as const } : {}),
  }),
  beforeLoad: async ({ search }) => {
    const known = getSession();
    if (known.status === "unknown" && !hasSessionHint()) return;
    // Unreachable server: let the form say so when it is sent.
    const session = known.session ?? (await ensureSession().catch(() => null));
    if (session) throw redirect({ href: safeNext(search.next), replace: true });
  },
});

const loginRoute = createRoute({
  getParentRoute: () => authRoute,
  path: "/login",
  component: lazyRouteComponent(() => import("@/features/auth/login-page")),
});
const signupRoute = createRoute({
  getParentRoute: () => authRoute,
  path: "/signup",
  component: lazyRouteComponent(() => import("@/features/auth/signup-page")),
});

const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "app",
  component: lazyRouteComponent(() => import("@/features/shell/app-shell")),
  pendingComponent: ShellSkeleton,
  pendingMs: 0,
  pendingMinMs: 0,
  beforeLoad: ({ location }) => {
    if (getSession().session) return;
    return ensureSession().then(async (session) => {
      if (session) return applyProfile(session.user);
      const next = safeNext(location.href);
      throw redirect({ to: "/login", search: next === "/" ? {} : { next }, replace: true });
    });
  },
});

const chatRoute = createRoute({
  getParentRoute: () => appRoute,
  id: "chat",
  component: lazyRouteComponent(() => import("@/features/chat/chat-page")),
});
const newChatRoute = createRoute({ getParentRoute: () => chatRoute, path: "/" });
const conversationRoute = createRoute({
  getParentRoute: () => chatRoute,
  path: "/c/$conversationId",
});

const settingsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/settings/settings-layout")),
});
const settingsIndexRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/profile", replace: true });
  },
});
const profileRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/profile",
  component: lazyRouteComponent(() => import("@/features/settings/profile/profile-page")),
});
const appearanceRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/appearance",
  component: lazyRouteComponent(() => import("@/features/settings/appearance/appearance-page")),
});
const sessionsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/sessions",
  component: lazyRouteComponent(() => import("@/features/settings/sessions/sessions-page")),
});
const securityRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/security",
  component: lazyRouteComponent(() => import("@/features/settings/security/security-page")),
});
const workspaceRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/workspace",
  component: lazyRouteComponent(() => import("@/features/settings/workspace/workspace-page")),
});
const usageRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/usage",
  component: lazyRouteComponent(() => import("@/features/settings/usage/usage-page")),
});

const routeTree = rootRoute.addChildren([
  authRoute.addChildren([loginRoute, signupRoute]),
  appRoute.addChildren([
    chatRoute.addChildren([newChatRoute, conversationRoute]),
    settingsRoute.addChildren([
      settingsIndexRoute,
      profileRoute,
      appearanceRoute,
      sessionsRoute,
      securityRoute,
      workspaceRoute,
      usageRoute,
    ]),
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  defaultErrorComponent: RouteError,
  defaultNotFoundComponent: NotFoundPage,
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
