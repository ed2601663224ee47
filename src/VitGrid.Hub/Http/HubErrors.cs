using System.Globalization;
using System.Net;

namespace VitGrid.Hub.Http;

/// <summary>What an answer that is no success means, in words that say what helps.</summary>
internal static class HubErrors
{
    /// <summary>The error of an answer.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="what">What was asked for.</param>
    /// <param name="settings">Where it was asked.</param>
    public static HubException From(HttpResponseMessage response, string repository, string what, HubSettings settings)
    {
        string hub = settings.Endpoint.ToString().TrimEnd('/'), page = $"{hub}/{repository}";
        string code = Header(response, "X-Error-Code"), said = Header(response, "X-Error-Message");
        int status = (int)response.StatusCode;
        string message = (response.StatusCode, code) switch
        {
            (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, "GatedRepo") when settings.Token is not null =>
                $"the account of HF_TOKEN may not read {repository} yet ({status}): accept its licence at {page} with that account",
            (HttpStatusCode.Unauthorized, "GatedRepo") =>
                $"{repository} is gated (401): accept its licence at {page}, then set HF_TOKEN to a token of that account",
            (HttpStatusCode.Unauthorized, _) when settings.Token is not null =>
                $"the hub refuses the token of HF_TOKEN for {repository} (401): it is wrong or expired, or there is no such model; "
                    + $"make one at {hub}/settings/tokens, or look at {page}",
            (HttpStatusCode.Unauthorized, _) =>
                $"{repository} is private or gated, or there is no such model (401): look at {page}; if its licence has to be accepted, "
                    + "do so there, then set HF_TOKEN to a token of that account",
            (HttpStatusCode.Forbidden, _) =>
                $"the hub does not give {repository} to "
                    + (settings.Token is null ? "those without a token" : "the account of HF_TOKEN")
                    + $" (403): accept its licence at {page}, then set HF_TOKEN to a token of that account that may read it",
            (HttpStatusCode.NotFound, "RevisionNotFound") =>
                $"{repository} has no such revision ({what}, 404): its branches and tags are at {page}",
            (HttpStatusCode.NotFound, "EntryNotFound") => $"{repository} has no {what} (404)",
            (HttpStatusCode.NotFound, _) =>
                $"the hub at {settings.Endpoint} has no {repository}, or not this of it: {what} (404); look at {page}",
            (HttpStatusCode.TooManyRequests, _) =>
                $"the hub refuses {what} of {repository} for too many requests (429), after all attempts; wait some minutes, or set "
                    + "HF_TOKEN, which raises the limit",
            _ => string.Create(CultureInfo.InvariantCulture, $"the hub answers {status} to {what} of {repository}"),
        };
        return new(said.Length > 0 ? $"{message}. The hub says: {said}" : message);
    }

    private static string Header(HttpResponseMessage response, string name)
    {
        string text = response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : "";
        string plain = new([.. text.Where(character => !char.IsControl(character))]);
        return plain.Length <= 300 ? plain : plain[..300] + "…";
    }
}
