using System.Globalization;
using System.Text;
using Grpc.Core;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.KServe.Rpc;

/// <summary>The status that an error of the table has over gRPC. Pure.</summary>
internal static class RpcStatus
{
    /// <summary>The status code of an error.</summary>
    public static StatusCode CodeOf(string code) => code switch
    {
        ApiCode.MethodNotAllowed or ApiCode.NotFound => StatusCode.Unimplemented,
        ApiCode.ImageNotComputable => StatusCode.FailedPrecondition,
        _ => ErrorTable.Row(code).Status switch
        {
            StatusCodes.Status400BadRequest or StatusCodes.Status415UnsupportedMediaType => StatusCode.InvalidArgument,
            StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
            StatusCodes.Status403Forbidden or StatusCodes.Status421MisdirectedRequest => StatusCode.PermissionDenied,
            StatusCodes.Status404NotFound => StatusCode.NotFound,
            StatusCodes.Status409Conflict => StatusCode.FailedPrecondition,
            StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests or StatusCodes.Status507InsufficientStorage =>
                StatusCode.ResourceExhausted,
            StatusCodes.Status501NotImplemented => StatusCode.Unimplemented,
            StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
            StatusCodes.Status408RequestTimeout or StatusCodes.Status504GatewayTimeout => StatusCode.DeadlineExceeded,
            _ => StatusCode.Internal,
        },
    };

    /// <summary>What ends a call of gRPC with an error.</summary>
    public static RpcException ToException(ApiError error) => new(new Status(CodeOf(error.Code), error.Message));

    /// <summary>Answers a request with an error alone, before any of gRPC's own code has seen it: status and message are headers.</summary>
    public static Task WriteAsync(HttpResponse response, ApiError error)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)CodeOf(error.Code)).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Escaped(error.Message);
        return Task.CompletedTask;
    }

    /// <summary>UTF-8 of which only printable ASCII stands as it is.</summary>
    private static string Escaped(string message)
    {
        StringBuilder text = new();
        foreach (byte letter in Encoding.UTF8.GetBytes(message))
        {
            if (letter is >= (byte)' ' and <= (byte)'~' and not (byte)'%')
                text.Append((char)letter);
            else
                text.Append(CultureInfo.InvariantCulture, $"%{letter:X2}");
        }
        return text.ToString();
    }
}
