using System.Globalization;

namespace Handover.Core.Payloads;

/// <summary>
/// How a gRPC call ended, told in the one language that rules, journal and evidence speak: HTTP statuses. A gRPC answer
/// is always 200 on the wire and says in its trailers what it was, so that whoever looked at the wire's status would
/// take every failure for a success.
/// </summary>
/// <remarks>
/// Source of the numbers: google.rpc.Code (the HTTP mapping beside each code) and the gRPC documents "Status codes" and
/// "HTTP to gRPC status code mapping". What the model could not help (3, 5, 6, 7, 9, 10, 11, 16) becomes 4xx.
/// </remarks>
public static class GrpcStatus
{
    /// <summary>The call succeeded.</summary>
    public const int Ok = 0;

    /// <summary>Nothing is known; also of an answer whose trailers say nothing.</summary>
    public const int Unknown = 2;

    /// <summary>There is no such thing.</summary>
    public const int NotFound = 5;

    /// <summary>The method is not there.</summary>
    public const int Unimplemented = 12;

    /// <summary>The server broke an invariant.</summary>
    public const int Internal = 13;

    /// <summary>The server cannot be reached or used now.</summary>
    public const int Unavailable = 14;

    /// <summary>The HTTP status that means the same as a gRPC status; 500 for a number that is none.</summary>
    public static int ToHttp(int code) =>
        code switch
        {
            Ok => 200,
            1 => 499,
            3 or 9 or 11 => 400,
            4 => 504,
            NotFound => 404,
            6 or 10 => 409,
            7 => 403,
            8 => 429,
            Unimplemented => 501,
            Unavailable => 503,
            16 => 401,
            _ => 500,
        };

    /// <summary>The gRPC status for an HTTP status that the gateway itself would answer with.</summary>
    public static int OfHttp(int status) =>
        status switch
        {
            >= 200 and < 300 => Ok,
            401 => 16,
            403 => 7,
            404 => NotFound,
            405 or 501 => Unimplemented,
            409 => 10,
            413 or 429 => 8,
            499 => 1,
            504 => 4,
            502 or 503 => Unavailable,
            >= 400 and < 500 => 3,
            _ => Internal,
        };

    /// <summary>
    /// The number in a <c>grpc-status</c> field; <see cref="Unknown"/> when it is absent or no number.
    /// </summary>
    public static int Parse(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int code) ? code : Unknown;
}
