//  PageViewer.swift · Serve

/// Who looks at the page that is being made: the bar of every page says so, and shows the sections
/// that they may see. Set by `AccessMiddleware`, so that no page has to hand it on.
enum PageViewer {
    @TaskLocal static var access: Access?
}
