using Aspire.Hosting.ApplicationModel;

namespace VitGrid.Aspire.Hosting;

/// <summary>How the server is started: on this machine, listening to it alone, so that it needs neither keys nor certificates.</summary>
internal static class Launch
{
    public static string CommandOf(string program)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(program);
        return IsAssembly(program) ? "dotnet" : program;
    }

    /// <summary>The arguments of a front end, or of the whole grid.</summary>
    public static void Front(VitGridResource front, IList<object> arguments)
    {
        Begin(front, front.Endpoint, arguments);
        if (front.Redis is { } redis)
            Join(redis, "api", arguments);
        else
            Models(front, arguments);
        if (front.KeyFile is { } file)
        {
            arguments.Add("--VitGrid:Auth:Mode=required");
            arguments.Add($"--VitGrid:Auth:KeyFile={file}");
        }
    }

    /// <summary>The arguments of a worker.</summary>
    public static void Worker(VitGridWorkerResource worker, EndpointReference redis, IList<object> arguments)
    {
        Begin(worker.Parent, new(worker, VitGridResource.EndpointName), arguments);
        Join(redis, "worker", arguments);
        Models(worker.Parent, arguments);
    }

    private static bool IsAssembly(string program) => program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);

    private static void Begin(VitGridResource front, EndpointReference endpoint, IList<object> arguments)
    {
        if (IsAssembly(front.Program))
            arguments.Add(front.Program);
        arguments.Add("serve");
        arguments.Add("--urls");
        arguments.Add(ReferenceExpression.Create($"http://127.0.0.1:{endpoint.Property(EndpointProperty.TargetPort)}"));
    }

    private static void Join(EndpointReference redis, string role, IList<object> arguments)
    {
        arguments.Add("--role");
        arguments.Add(role);
        arguments.Add("--redis");
        // By its number: a name may be resolved to an address at which nobody listens.
        arguments.Add(ReferenceExpression.Create($"127.0.0.1:{redis.Property(EndpointProperty.Port)}"));
    }

    private static void Models(VitGridResource front, IList<object> arguments)
    {
        foreach (string model in front.Models)
        {
            arguments.Add("--model");
            arguments.Add(model);
        }
    }
}
