using VitGrid.Cluster.Hosting;
using VitGrid.Engine.Options;
using VitGrid.Server.Api;
using VitGrid.Server.Hosting;
using VitGrid.Server.Hosting.Options;
using VitGrid.Server.Verbs.Models;

namespace VitGrid.Server.Verbs.Serve;

/// <summary><c>vitgrid serve</c>: the grid behind HTTP, until it is told to stop.</summary>
internal static class ServeVerb
{
    public static Verb Create(VerbContext context)
    {
        ServeFlags flags = new();
        Verb verb = new(
            "serve",
            "Serve embeddings over HTTP. Ctrl-C finishes what was accepted and ends; a second one ends at once.",
            "vitgrid serve",
            "vitgrid serve --model internvit-nano --model ~/models/InternViT-300M-448px-V2_5 --urls http://127.0.0.1:8080",
            "vitgrid serve --model OpenGVLab/InternViT-300M-448px-V2_5 --pull",
            "vitgrid serve --role worker --redis 127.0.0.1:6379 --model internvit-nano --urls http://127.0.0.1:8081",
            "vitgrid serve --role api --redis 127.0.0.1:6379",
            "vitgrid serve --VitGrid:Batching:MaxBatchSize=4") { TreatUnmatchedTokensAsErrors = false };
        flags.AddTo(verb);
        verb.SetAction((parsed, stop) => RunAsync(context, flags.Read(parsed), parsed.GetValue(SharedOptions.Config), stop));
        return verb;
    }

    private static async Task<int> RunAsync(
        VerbContext context, ServeSettings settings, string? file, CancellationToken cancellationToken)
    {
        OpenFiles.Ensure();
        ServerOptions options = OptionsReader.Read(ServerConfiguration.Load(file, settings.Configuration, settings.Implied));
        if (options.Role != GridRole.Api)
            await new HubModels(context).PullAsync(settings.Grid.Pulled(options), cancellationToken);
        GridOptions grid = ServeRoles.Grid(settings.Grid, options, new ModelLocator(context.Roots), KnownDevices.Of(context.Roots));
        PortCheck.Ensure(options.Grpc.Url is { } grpc ? [.. options.Http.Urls, grpc] : options.Http.Urls);
        foreach (ModelOptions model in grid.Models)
            context.Terminal.Say($"serving {model.Name} from "
                + $"{model.Directory}{(BundledModel.Describe(model.Name) is { } about ? $". {about}" : "")}");
        await using WebApplication app = ServerHost.Create(options, builder =>
        {
            // Its section Logging.
            builder.Configuration.AddNamedFile(file);
            builder.Services.AddDecoder(grid.Images, context.Decoder);
            builder.Services.AddSingleton(PageModels.Of(context, settings.Grid.Pull));
            builder.AddGrid(grid, options.Role, options.DataPlane);
        });
        // The host's services are gone when it has stopped.
        LeaveRequest? leave = app.Services.GetService<LeaveRequest>();
        using BoundedExit exit = new(leave, grid.Shutdown);
        await ServerHost.RunAsync(app, cancellationToken);
        // What a lost device's driver does at the end of a process may never end.
        if (leave is { LostDevice: not null })
            ProcessEnd.Now(ExitCode.DeviceLost);
        return leave is { IsMembershipLost: true } ? ExitCode.MembershipLost : ExitCode.Done;
    }
}
