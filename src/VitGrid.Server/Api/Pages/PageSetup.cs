using VitGrid.Indexing.Administration;
using VitGrid.Page;
using VitGrid.Page.Calls;
using VitGrid.Page.Layout;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Hosting.Options;

namespace VitGrid.Server.Api.Pages;

/// <summary>Puts the page into the host, where it is on.</summary>
internal static class PageSetup
{
    /// <summary>Whether this process shows the page.</summary>
    public static bool ShowsPage(this ServerOptions options) => options.Http.Page && options.Role != GridRole.Worker;

    /// <summary>Registers the page, unless it is off.</summary>
    public static IServiceCollection AddPage(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton<PageSessions>();
        if (options.ShowsPage() && PageDocuments.KindsOf(options).Contains(PageKind.Jobs))
        {
            services.AddSingleton<SubmissionRules>().AddSingleton<JobStarter>()
                .AddHostedService(provider => provider.GetRequiredService<JobStarter>());
        }
        return !options.ShowsPage() ? services : services
            .AddVitGridPage(options.Http.PageCircuits)
            .AddSingleton<ModelPulls>()
            .AddSingleton<MeasuredForms>()
            .AddSingleton(provider => new PageApi(
                provider.GetRequiredService<IServiceScopeFactory>(), provider.GetService<CallerFinder>()))
            .AddSingleton<PageServer>(provider => provider.GetRequiredService<PageApi>());
    }

    /// <summary>Lets the page ask what everybody asks; to stand before all other middlewares.</summary>
    public static void UsePageApi(this WebApplication app)
    {
        if (app.Services.GetService<PageApi>() is not { } api)
            return;
        app.Use(next =>
        {
            api.Pipeline = next;
            return next;
        });
    }
}
