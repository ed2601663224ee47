using VitGrid.Client;
using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.OpenAi.Answers;

/// <summary>An error as OpenAI's clients read it.</summary>
internal static class ErrorBodies
{
    public static ErrorBody From(ApiError error) => new(error.Message, TypeOf(ErrorTable.Row(error.Code)), error.Param, error.Code);

    /// <summary>OpenAI's family of an error.</summary>
    public static string TypeOf(ErrorRow row) => row.Status switch
    {
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= StatusCodes.Status500InternalServerError => "server_error",
        _ => "invalid_request_error",
    };
}
