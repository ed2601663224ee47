using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Access;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.KServe.Models;

/// <summary>Parts of Triton's extensions that are refused by their names, so that a client learns what to do instead.</summary>
internal static class UnservedEndpoint
{
    /// <summary>Why no shared memory is read.</summary>
    public const string SharedMemory =
        "shared memory is not served: it would let a client read what others wrote to it; send tensors in the request, as binary data";

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (string path in (string[])[KServePaths.SystemMemory, KServePaths.CudaMemory])
        {
            routes.MapMethods($"{path}/{{**rest}}", ["GET", "POST"], IResult () => throw new ApiException(
                ApiCode.InvalidRequest, SharedMemory)).RequireKey().ExcludeFromDescription();
        }
    }
}
