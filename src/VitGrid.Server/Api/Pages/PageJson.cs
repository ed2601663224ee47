using System.Text.Json.Serialization;
using VitGrid.Indexing.Administration;
using VitGrid.Indexing.Jobs;

namespace VitGrid.Server.Api.Pages;

/// <summary>How what only the page reads stands in JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IndexStatus))]
[JsonSerializable(typeof(DeadLetter[]))]
[JsonSerializable(typeof(JobStart))]
[JsonSerializable(typeof(JobPlaces))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(DiskModel[]))]
[JsonSerializable(typeof(ModelFact[]))]
[JsonSerializable(typeof(PullStatus))]
[JsonSerializable(typeof(FormOverview))]
[JsonSerializable(typeof(MeasuredForm))]
internal sealed partial class PageJson : JsonSerializerContext;
