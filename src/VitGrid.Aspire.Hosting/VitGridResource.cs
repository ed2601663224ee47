using Aspire.Hosting.ApplicationModel;

namespace VitGrid.Aspire.Hosting;

/// <summary>
/// A VitGrid server in an app host: a grid of one process, or the front end of workers. Its connection string is what
/// <c>AddVitGridClient</c> reads.
/// </summary>
public sealed class VitGridResource : ExecutableResource, IResourceWithConnectionString
{
    internal const string EndpointName = "http";

    private readonly List<string> _models = [];

    /// <summary>Creates it; <c>AddVitGrid</c> adds it to an app host.</summary>
    /// <param name="name">Name of the resource and its connection string.</param>
    /// <param name="program">The server: <c>vitgrid</c>, its path, or the path of <c>vitgrid.dll</c>.</param>
    /// <param name="workingDirectory">Where it runs.</param>
    public VitGridResource(string name, string program, string workingDirectory)
        : base(name, Launch.CommandOf(program), workingDirectory)
    {
        Program = program;
        Endpoint = new(this, EndpointName);
    }

    /// <summary>The address of its HTTP API.</summary>
    public EndpointReference Endpoint { get; }

    /// <summary><c>Endpoint=URL</c>, with <c>;Key=…</c> where a key was named.</summary>
    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            ReferenceExpressionBuilder connection = new();
            connection.Append($"Endpoint={Endpoint.Property(EndpointProperty.Url)}");
            if (ApiKey is { } key)
                connection.Append($";Key={key}");
            return connection.Build();
        }
    }

    internal string Program { get; }

    internal ParameterResource? ApiKey { get; set; }

    internal string? KeyFile { get; set; }

    /// <summary>Where the processes of the grid find each other; null: it is one process.</summary>
    internal EndpointReference? Redis { get; set; }

    internal IReadOnlyList<string> Models => _models;

    internal void AddModel(string model) => _models.Add(model);
}

/// <summary>A worker of a VitGrid server in an app host: it has devices and serves them to the front end.</summary>
public sealed class VitGridWorkerResource : ExecutableResource
{
    /// <summary>Creates it; <c>WithWorkers</c> adds it to an app host.</summary>
    /// <param name="name">Name of the resource.</param>
    /// <param name="parent">Its front end.</param>
    public VitGridWorkerResource(string name, VitGridResource parent)
        : base(name, Launch.CommandOf((parent ?? throw new ArgumentNullException(nameof(parent))).Program), parent.WorkingDirectory) =>
        Parent = parent;

    /// <summary>Its front end.</summary>
    public VitGridResource Parent { get; }
}
