using System.Globalization;
using System.Text;
using Handover.Core.Foundation;
using Handover.Protocol;
using Microsoft.AspNetCore.Http;

namespace Handover.Control.Api;

/// <summary>
/// Cursor pages: the cursor is the key of the last item that was sent, so that items which come and go before it
/// neither repeat nor hide others.
/// </summary>
internal static class Pages
{
    public const int MostItems = 1000;

    /// <summary>Number of items that the caller wants, 1 to 1,000; default 100.</summary>
    public static Result<int> Size(HttpContext context)
    {
        string? text = context.Request.Query["pageSize"];
        if (text is null)
        {
            return 100;
        }

        return int.TryParse(text, CultureInfo.InvariantCulture, out int size) && size is >= 1 and <= MostItems
            ? size
            : new Problem("bad-query", $"pageSize must be a number from 1 to {MostItems}.");
    }

    /// <summary>The page that the caller asks for.</summary>
    public static Result<Page<TView>> Of<T, TView>(
        HttpContext context,
        IReadOnlyList<T> all,
        Func<T, string> key,
        Func<T, TView> view
    )
    {
        Result<int> size = Size(context);
        if (!size.Ok)
        {
            return Result<Page<TView>>.Failed(size.Problems);
        }

        int start = 0;
        string? token = context.Request.Query["pageToken"];
        if (!string.IsNullOrEmpty(token))
        {
            string? last = Decode(token);
            start = 1 + (last is null ? -1 : IndexOf(all, key, last));
            if (start == 0)
            {
                return new Problem("bad-query", "the pageToken is not one of this list; begin again without it.");
            }
        }

        List<T> page = [.. all.Skip(start).Take(size.Value)];
        bool more = start + page.Count < all.Count;
        return new Page<TView>([.. page.Select(view)], more ? Encode(key(page[^1])) : null);
    }

    private static int IndexOf<T>(IReadOnlyList<T> all, Func<T, string> key, string last)
    {
        for (int i = 0; i < all.Count; i++)
        {
            if (string.Equals(key(all[i]), last, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    private static string Encode(string key) =>
        System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(key));

    private static string? Decode(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(token));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
